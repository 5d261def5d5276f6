"""Who is who: rosters, Graph, the app for approvers, the bell of the activity feed."""
