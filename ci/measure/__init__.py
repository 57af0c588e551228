"""What ci/bench and ci/soak have in common."""
