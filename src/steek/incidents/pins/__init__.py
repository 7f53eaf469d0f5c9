"""Charts and files kept beside the timeline as they were."""
