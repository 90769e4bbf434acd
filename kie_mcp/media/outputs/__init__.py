"""Download the files that a job made, save them whole, and describe them."""
