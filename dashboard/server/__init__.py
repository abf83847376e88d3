"""The session, caches, locks, downloads, visitors, the process, and every use of a private part of Streamlit."""
