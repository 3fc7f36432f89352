// Generated from lib/loss/table.ts by `npm run generate`; do not edit.
#pragma once

#include "loss/ops/multi_similarity.h"
#include "loss/ops/contrastive.h"
#include "loss/ops/info_nce.h"
#include "loss/ops/mine_multi_similarity.h"
