"""What is secret: by which name, where it comes from, how long it lasts, how it is changed."""
