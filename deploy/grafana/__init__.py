"""Dashboards for Grafana: described here, written as the JSON that Grafana reads."""
