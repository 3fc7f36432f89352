// Generated from lib/attention/table.ts by `npm run generate`; do not edit.
#pragma once

#include "attention/ops/softmax.h"
