"""What keeps the service going, as its admins see it: switches, jobs, and figures."""
