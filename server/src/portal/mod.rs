//! Implements the ports of `app`: what a person does on a page, on the real register.
