{
  "targets": [
    {
      "target_name": "warpweft",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake",
          "inputs": ["<!@(node scripts/native-inputs.mjs)"],
          "outputs": ["<(PRODUCT_DIR)/warpweft.node"],
          "action": ["node", "scripts/gyp-build.mjs", "<(PRODUCT_DIR)"]
        }
      ]
    }
  ]
}
