"""A made-up instance to click through: lists with a history, members who can sign in, feedback."""
