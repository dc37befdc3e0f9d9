"""What happened, and that it still happens: audit entries, guarded state changes, leases, workflows, heartbeats."""
