"""Why this class: attribution maps, the effect of a hole at every place, the smallest decisive erasure."""
