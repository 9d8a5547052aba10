"""The kernels that chapters run in, and the audit hook inside them."""
