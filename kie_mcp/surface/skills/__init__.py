"""Skills: instructions for the model, in files that clients read from the server or find in the plugin folder."""
