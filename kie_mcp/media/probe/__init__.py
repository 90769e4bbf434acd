"""Find out by its bytes what a file is, how large its picture is, and how long it lasts."""
