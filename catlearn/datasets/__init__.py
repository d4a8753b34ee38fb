"""Small real data."""

from catlearn.datasets.small import Split, digits, iris
