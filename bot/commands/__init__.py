"""What an operator types: one module for each subject; nothing slow is imported before it runs."""
