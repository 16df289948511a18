"""What the pages of all programs share: sign-in, sessions, forms, templates, the style sheet."""
