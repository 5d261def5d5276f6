"""The audit trail's keys, anchors, checks, evidence and forgetting."""
