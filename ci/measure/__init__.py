"""What ci/bench, ci/soak and ci/store have in common."""
