"""Equivariance: groups, representations as typed wires, diagram categories, equivariant linear maps."""
