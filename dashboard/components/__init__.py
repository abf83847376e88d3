"""The pieces of browser code we own, a folder each; how they are written and used is in the README."""
