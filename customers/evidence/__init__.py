"""The audit log as evidence: verifying it, anchoring it outside, and letting go by the rules."""
