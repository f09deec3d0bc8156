"""How much the service does and where it ends: what scripts/scaling, broker-limits and simulate are made of."""
