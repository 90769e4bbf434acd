"""An order becomes the draft of a job, and a job the request to Kie.ai."""
