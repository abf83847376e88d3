"""The views of the page Lessons, and the lessons that come with the dashboard."""
