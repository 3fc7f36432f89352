export const STYLE = `
:root { color-scheme: light dark; --paper: #fbfaf7; --card: #ffffff; --ink: #1f2328; --soft: #5b626b; --line: #e2dfd8;
  --trained: #0b5cad; --untrained: #b35900; --raw: #6a7078; --wrong: #b3261e; --wrong-paper: #fdecea; --invert: 0 }
@media (prefers-color-scheme: dark) { :root { --paper: #14171b; --card: #1c2026; --ink: #e8eaed; --soft: #a0a8b2; --line: #323842;
  --trained: #6db3f8; --untrained: #f0a050; --raw: #98a1ab; --wrong: #ff8a80; --wrong-paper: #3b1f20; --invert: 1 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 40px 20px 64px }
h1 { font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; margin: 0 0 12px; letter-spacing: -.01em; text-wrap: balance }
h2 { font-size: 1.25rem; margin: 48px 0 6px }
p { max-width: 68ch; margin: 0 0 16px } .soft { color: var(--soft) }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 330px), 1fr)); gap: 20px; margin: 24px 0 0 }
.pair > *, .query { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px }
figure { margin: 0; display: flex; flex-direction: column } figcaption, caption { font-weight: 600; text-align: left; margin-bottom: 6px }
figure > svg { width: 100%; height: auto; display: block; margin-top: auto }
svg text { font-size: 12px; fill: var(--soft) }
.grid { stroke: var(--line); stroke-width: 1 }
.curve { fill: none; stroke-width: 2; stroke-linejoin: round }
.curve.trained { stroke: var(--trained); stroke-width: 2.5 } .curve.untrained { stroke: var(--untrained); stroke-dasharray: 7 4 }
.curve.raw { stroke: var(--raw); stroke-dasharray: 2 3 } .curve.each { stroke: var(--trained); stroke-width: 1; opacity: .4 }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 6px; padding: 0; color: var(--soft); font-size: .85rem }
.legend svg { width: 28px; height: 8px; margin-right: 6px; vertical-align: middle }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
.pair > .table { overflow-x: auto }
th, td { padding: 6px 0 6px 12px; text-align: right; border-top: 1px solid var(--line); font-weight: 400; white-space: nowrap }
thead th, thead td { color: var(--soft); font-size: .85rem; border-top: 0; white-space: normal; vertical-align: bottom } tbody th { text-align: left; padding-left: 0 } .best { font-weight: 700 }
.queries { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 16px; margin-top: 20px }
.query { display: grid; grid-template-columns: auto 1fr; gap: 14px; align-items: center; padding: 14px }
.query img { display: block; width: 100%; aspect-ratio: 1; filter: invert(var(--invert)) }
.asked { width: 84px; text-align: center; font-weight: 600; border-right: 1px solid var(--line); padding-right: 14px; align-self: stretch; display: grid; align-content: center }
.when { font-size: .75rem; color: var(--soft); margin: 0 0 2px } .when + ol:not(:last-child) { margin-bottom: 10px }
ol { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(5, minmax(0, 1fr)); gap: 6px }
ol > li { border: 2px solid transparent; border-radius: 7px; text-align: center; font-size: .75rem; line-height: 1.5; color: var(--soft) }
ol > li.wrong { border-color: var(--wrong); background: var(--wrong-paper); color: var(--wrong); font-weight: 700 }
@media (max-width: 560px) { main { padding: 28px 16px 48px } th, td { padding-left: 6px; font-size: .875rem } thead th { font-size: .75rem }
  svg text { font-size: 15px } .asked { width: 66px; padding-right: 10px } .query { gap: 10px } ol { gap: 2px } .pair > * { padding: 12px } }
footer { margin-top: 40px; color: var(--soft); font-size: .85rem }
`;
