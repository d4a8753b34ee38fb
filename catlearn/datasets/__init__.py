"""Small real data."""

from catlearn.datasets.mnist import mnist5k
from catlearn.datasets.small import breast_cancer, diabetes, digits, iris, wine
from catlearn.datasets.split import Split
