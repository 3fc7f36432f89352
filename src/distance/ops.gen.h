// Generated from lib/distance/table.ts by `npm run generate`; do not edit.
#pragma once

#include "distance/ops/inner.h"
#include "distance/ops/cosine_similarity.h"
#include "distance/ops/cosine.h"
#include "distance/ops/sqeuclidean.h"
#include "distance/ops/euclidean.h"
