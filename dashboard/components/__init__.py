"""The pieces of browser code we own, a folder each; docs/components.md says how they are used."""
