"""What a file is and how long it lasts, told by its bytes."""
