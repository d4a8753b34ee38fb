"""The equations that catlearn must satisfy, as callables that return None or a counterexample."""

from catlearn.laws.algebra import algebra_homomorphism, coalgebra_homomorphism, endofunctor, monoid
from catlearn.laws.batch import batch_runs_each_example, batch_sums_gradients
from catlearn.laws.category import (
    associativity,
    comonoid,
    copy_is_natural,
    discard_is_natural,
    hexagon,
    interchange,
    swap_is_involutive,
    swap_is_natural,
    tensor_associativity,
    tensor_unit,
    unit,
)
from catlearn.laws.cokleisli import (
    batch_shares_the_context,
    chain_rule_in_context,
    change_of_context,
    change_of_context_composes,
    cokleisli_composition,
    context_as_parameter,
    context_gradient_is_the_sum,
    inference_is_silent,
    no_key_twice,
    reverse_goes_under_contexts,
    sharing,
    underlying_is_the_meaning,
    uses_interchange,
)
from catlearn.laws.counterexample import Counterexample, equal_values, extensional, observed, run, sample
from catlearn.laws.diagrams import (
    apply_is_the_matrix,
    commutes_with,
    composite_is_the_product,
    dagger_is_the_transpose,
    dagger_of_diagrams,
    orbits_are_inverse,
    swap_of_diagrams,
    tensor_is_the_kronecker_product,
    text_evaluates_back,
    unit_of_diagrams,
)
from catlearn.laws.equivariance import acted, equivariance_error, equivariant
from catlearn.laws.expressivity import (
    colouring_is_a_homomorphism,
    equivariant_under_relabelling,
    invariant_under_relabelling,
    no_finer_than_wl,
    separates,
)
from catlearn.laws.fold import (
    backwards_is_reversed,
    cascade_is_composition,
    fold_is_multiplicative,
    fold_is_the_composite,
    hylo_is_unfold_then_fold,
    scan_folds_prefixes,
    segments_change_nothing,
    tied_gradient_adds,
    unrolled,
)
from catlearn.laws.functor import preserves_composition, preserves_identity, preserves_reparameterisation, preserves_tensor
from catlearn.laws.gcnn import gcnn_is_faithful, gcnn_is_injective, gcnn_is_the_formula, gcnn_shares_one_graph
from catlearn.laws.learners import (
    descent_is_a_functor,
    equal_learners,
    equal_symmetric_lenses,
    learners_are_symmetric_lenses,
    learners_compose,
    lenses_are_learners,
)
from catlearn.laws.lens import get_put, put_get, put_put
from catlearn.laws.monads import group, list_algebra, monad, monad_algebra, monad_is_natural
from catlearn.laws.multisets import multiset_algebra, order_free
from catlearn.laws.optimiser import optimiser_is_monoidal, shear_is_invertible, transformation_composes
from catlearn.laws.para import (
    gradient_rule,
    reparameterisation_composes,
    reparameterisation_is_local,
    reverse_goes_under_para,
    tied_gradient_is_the_sum,
)
from catlearn.laws.reverse import (
    additive_in_the_covector,
    additive_in_the_map,
    agrees_with_vjp,
    chain_rule,
    forward_agrees_with_jvp,
    identity_and_projections,
    linear_in_the_covector,
    pairing,
    symmetric_second_derivative,
)
from catlearn.laws.stack import stack_is_the_composite
from catlearn.laws.suite import SUITE, Law
from catlearn.laws.trees import fold_is_the_algebra_map, forest_is_each_tree
