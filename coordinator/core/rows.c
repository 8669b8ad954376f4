#include "coordinator/core/rows.h"

const char *const campaign_state_names[] = { "running", "paused", "done", "stopped", "failed" };

const char *const trial_state_names[] = { "queued", "running", "paused", "completed", "stopped", "failed",
    "set_aside" };

const char *const event_kind_names[] = { "started", "promoted", "counted", "failed", "abandoned", "submitted",
    "granted", "requeued", "late", "campaign", "joined", "left" };

const char *const steer_action_names[] = { "pause", "resume", "stop", "extend", "enqueue", "retry", "note" };
