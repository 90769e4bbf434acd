"""The ways in which Kie.ai's create call is written, a file each; the rest of the program knows live ids and fields."""
