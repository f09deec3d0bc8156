"""What scripts/dashboards, scripts/alert-drill and scripts/check-monitoring are made of."""
