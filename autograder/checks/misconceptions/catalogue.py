"""The misconceptions by name: what is seen, and a question that leads on.

`seen` states the mistake as a fact about the numbers; `hint` is a leading question or a pointer and
never the solution. The ids are stable: class reports count them. Sources are the numbered rows of
the survey of students' work on which the catalogue rests: learners' notebooks and question threads,
and, for the chain rule, Maharaj & Ntuli 2018, doi 10.17159/sajs.2018/5008.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CATALOGUE", "Misconception"]


@dataclass(frozen=True)
class Misconception:
    """A named mistake.

    Attributes:
        seen: what is seen, as a fact; may hold {placeholders} that the check fills.
        hint: a question that leads on, or a pointer.
        id: by which reports count it. Those of the catalogue stand under theirs; a course's own
            check gives one here.
    """

    seen: str
    hint: str
    id: str = ""


def _m(seen: str, hint: str) -> Misconception:
    return Misconception(seen, hint)


ARRIVAL = {
    "not_answered": _m(
        "There is no answer yet.",
        "Write your answer where the cell says YOUR CODE HERE, run that cell, "
        "then run this one again.",
    ),
    "answer_not_named": _m(
        "The cell ran, but leaves no `{name}`{what}.",
        "Give your result the name: `{name} = {value}`.",
    ),
    "answer_not_run": _m(
        "An answer stands in the notebook, but its cell has not been run in this session.",
        "Run that cell, then this one.",
    ),
    "misspelt_name": _m(
        "There is no `{name}`, but there is `{other}`.",
        "Did you mean that one? The check looks for the exact name.",
    ),
    "wrong_kind": _m(
        "`{name}` cannot be read: {what}.",
        "What kind of thing does the exercise ask for here?",
    ),
    "function_not_called": _m(
        "`{name}` is a function; the exercise wants its result.",
        "A function is a recipe. What should it be called with?",
    ),
    "number_not_function": _m(
        "`{name}` is {what}, but a function is expected.",
        "The check wants to call it at several places. Did you call it yourself already, "
        "or leave out `def` or `lambda`?",
    ),
    "text_answer": _m(
        "`{name}` is {what}, which cannot be computed with.",
        "Quotes make a text of whatever they enclose. What is it without them?",
    ),
    "returns_nothing": _m(
        "`{name}` returns nothing (None).",
        "Does every path through your function end with `return`?",
    ),
    "decimal_comma": _m(
        "`{name}` is {what}: a comma does not make a decimal number.",
        "Python writes decimals with a point, like 2.5. What does your number look like then?",
    ),
    "wrong_shape": _m(
        "`{name}` has the wrong shape: {what}.",
        "How many numbers does the exercise ask for, and in which order?",
    ),
    "not_finite": _m(
        "`{name}` is not a finite number: {what}.",
        "Where could a division by zero, or a number that is too large, have come in?",
    ),
    "raised": _m(
        "`{name}` stopped with {what}.",
        "Call it yourself at that place in a new cell and read the last line of the error.",
    ),
    "never_returns": _m(
        "`{name}` had not returned after {seconds:.3g} seconds.",
        "Is there a loop whose condition never becomes false?",
    ),
    "garbled": _m(
        "What came back from `{name}` could not be read.",
        "Return plain numbers, tuples, lists or arrays.",
    ),
}

RAISED = {
    "integer_input": _m(
        "`{name}` stopped with {what}.",
        "`jax.grad` differentiates with respect to real numbers only. Is there an integer, "
        "like 3 in place of 3.0, or an `int()` on the way?",
    ),
    "called_before_grad": _m(
        "`{name}` stopped with {what}.",
        "`grad` takes the function itself and gives back a new function. Did you hand it the "
        "value f(x) in place of f?",
    ),
    "point_as_argnums": _m(
        "`{name}` stopped with {what}.",
        "The second argument of `grad` says which argument to differentiate. "
        "Where does the place belong: inside `grad(...)`, or in a second pair of brackets?",
    ),
    "argnums_out_of_range": _m(
        "`{name}` stopped with {what}.",
        "`argnums` counts from 0. Which number belongs to the first argument?",
    ),
    "argnums_as_name": _m(
        "`{name}` stopped with {what}.",
        "`argnums` takes positions, not names. At which position does that argument stand?",
    ),
    "numpy_in_grad": _m(
        "`{name}` stopped with {what}.",
        "JAX can only follow what `jax.numpy` computes. Which `np.` should be `jnp.`?",
    ),
    "math_in_grad": _m(
        "`{name}` stopped with {what}.",
        "`math.` functions and `float()` need a plain number, but `grad` passes a tracer. "
        "What does `jnp` call the same function?",
    ),
    "non_scalar_output": _m(
        "`{name}` stopped with {what}.",
        "`grad` needs a function that returns one number. What does yours return? "
        "(For a second derivative of several variables there is `jax.hessian`.)",
    ),
    "caret_for_power": _m(
        "`{name}` stopped with {what}.",
        "In Python `^` is not a power. Which operator is?",
    ),
    "tuple_as_array": _m(
        "`{name}` stopped with {what}.",
        "With several `argnums` the gradient is a tuple. What must be done to each entry?",
    ),
    "list_as_array": _m(
        "`{name}` stopped with {what}.",
        "A list or a tuple is no array: Python does not compute with its entries one by one. What "
        "makes an array of it?",
    ),
    "no_function_called": _m(
        "`{name}` stopped with {what}.",
        "What stands before a pair of brackets there is no function. Is a `*` missing between "
        "them, or does a name hold something else than you think?",
    ),
    "in_place": _m(
        "`{name}` stopped with {what}.",
        "JAX arrays never change. Can you make a new array in place of changing the old one "
        "(`x = x - ...`, or `x.at[i].set(...)`)?",
    ),
    "asks_for_input": _m(
        "`{name}` stopped with {what}.",
        "There is nobody at the keyboard when your work is marked: `input()` cannot be answered. "
        "Write the value into the cell.",
    ),
    "breakpoint_left": _m(
        "`{name}` stopped with {what}.",
        "A `breakpoint()` is still in it, or `pdb`. Take that line out.",
    ),
    "stopped_by_the_limit": _m(
        "`{name}` stopped with {what}.",
        "Is there a loop that never ends? If it draws or prints in each round, do that less often.",
    ),
    "copied_minus": _m(
        "`{name}` stopped with {what}.",
        "A minus sign was copied from a page and is a dash to Python. What is it if you type - on "
        "the keyboard?",
    ),
    "copied_quotes": _m(
        "`{name}` stopped with {what}.",
        "Curly quotes were copied from a page. What is it if you type \" or ' on the keyboard?",
    ),
    "superscript": _m(
        "`{name}` stopped with {what}.",
        "A raised digit is no power to Python. Which operator is?",
    ),
    "copied_operator": _m(
        "`{name}` stopped with {what}.",
        "A sign of arithmetic was copied from a page. Which key stands for it in Python: * or /?",
    ),
    "copied_space": _m(
        "`{name}` stopped with {what}.",
        "A space that is none to Python was copied from a page. What if you delete the spaces in "
        "that line and type them anew?",
    ),
    "copied_character": _m(
        "`{name}` stopped with {what}.",
        "A sign that Python does not know is in that line. What is it if you type it on the "
        "keyboard?",
    ),
    "keyword_as_name": _m(
        "`{name}` stopped with {what}.",
        "Some words belong to Python itself, like `lambda`, and cannot be names. What else could "
        "the variable be called?",
    ),
    "quote_not_closed": _m(
        "`{name}` stopped with {what}.",
        "A text begins with a quote and has to end with the same one. Where is the other?",
    ),
    "bracket_not_closed": _m(
        "`{name}` stopped with {what}.",
        "Each opening bracket needs a closing one of its kind. Which one is missing?",
    ),
    "magic_not_first": _m(
        "`{name}` stopped with {what}.",
        "A line that begins with %% must be the very first of its cell. Is anything above it, a "
        "comment perhaps?",
    ),
    "takes_nothing": _m(
        "`{name}` stopped with {what}.",
        "It takes nothing by position, but the check gives it something. Does a `*` stand before "
        "its arguments, so that they are taken by name alone? If it takes nothing at all, but "
        "makes the function that the exercise wants, call it once and give the result this name.",
    ),
    "unanswered_used": _m(
        "`{name}` stopped with {what}.",
        "It uses something that is still `...`: another answer, which is not given yet, or a part "
        "of this one. Which is it?",
    ),
    "undefined_name": _m(
        "`{name}` stopped with {what}.",
        "A name is used that does not exist when the notebook runs from the top. "
        "Is it spelt right, and defined in a cell above?",
    ),
    "wrong_arguments": _m(
        "`{name}` stopped with {what}.",
        "The check calls your function with {called}. Does it take exactly that?",
    ),
    "numbers_only": _m(
        "`{name}` works for numbers, but for arrays {what}.",
        "Which line only makes sense for a single number: a comparison, a `float()`, an `abs`?",
    ),
    "formatted_array": _m(
        "`{name}` stopped with {what}.",
        "`:.4f` is for a plain number; an array or a traced value cannot be printed so. What does "
        "`print(x)` show, without the format?",
    ),
    "unhashable": _m(
        "`{name}` stopped with {what}.",
        "An array cannot be the key of a dictionary, nor the argument of a cached function. Would "
        "`float(x)` do?",
    ),
    "function_in_jit": _m(
        "`{name}` stopped with {what}.",
        "`jax.jit` takes numbers and arrays, not functions. Which arguments must be "
        "`static_argnums`, or what can be jitted instead?",
    ),
    "argument_frozen": _m(
        "`{name}` stopped with {what}.",
        "One of its arguments is fixed already (by `partial`, say) and the check gives it too. "
        "Which arguments should your function take?",
    ),
}

DERIVATIVE = {
    "sign_flipped": _m(
        "Everywhere yours is minus the {quantity}.",
        "Where did a minus sign come in, or get lost?",
    ),
    "function_itself": _m(
        "Yours gives the value of the function, not its {quantity}.",
        "Is anything differentiated yet? At the bottom of the valley the slope is zero, but is "
        "the value?",
    ),
    "differentiated_too_often": _m(
        "Yours is the {found}; the exercise wants the {due}.",
        "How many times did you differentiate, and how many times should you?",
    ),
    "differentiated_too_seldom": _m(
        "Yours is the {found}; the exercise wants the {due}.",
        "How many times did you differentiate, and how many times should you?",
    ),
    "integrated": _m(
        "Yours is an antiderivative: its slope is the function.",
        "Differentiating lowers a power by one. Do your powers go down or up?",
    ),
    "constant_kept": _m(
        "Yours differs from the {quantity} by the same {offset} everywhere: a constant term of the "
        "{source} is still in it.",
        "How fast does a constant change?",
    ),
    "constant_offset": _m(
        "Yours differs from the {quantity} by the same {offset} everywhere.",
        "Which term of the derivative is the same number at every place? Look at that one again.",
    ),
    "term_lost": _m(
        "One term of the {quantity} is missing.",
        "Go through the function term by term: which of its terms left nothing behind in yours?",
    ),
    "power_not_lowered": _m(
        "In one term (or more) the exponent was brought down as a factor but is still as high "
        "as before.",
        "What happens to the exponent of a power when it is differentiated?",
    ),
    "coefficient_not_multiplied": _m(
        "In one term (or more) the exponent went down by one, but the old exponent is missing as "
        "a factor.",
        "Where does the exponent go when a power is differentiated?",
    ),
    "coefficient_lost": _m(
        "The coefficient of one term got lost.",
        "A constant factor stays when a term is differentiated. Which one did not?",
    ),
    "term_sign": _m(
        "One term has the wrong sign.",
        "Compare sign by sign: which terms of the function are subtracted?",
    ),
    "term_not_differentiated": _m(
        "One term was left as it is in the function.",
        "Which term of yours looks just like in the function?",
    ),
    "constant_factor": _m(
        "Everywhere yours is {ratio} times the {quantity}.",
        "Which factor was added, or forgotten?",
    ),
    "degrees_for_radians": _m(
        "Everywhere yours is {ratio} times the {quantity}: that is the factor between degrees "
        "and radians.",
        "In which unit do sine and arctangent count angles here?",
    ),
    "logarithm_base": _m(
        "Everywhere yours is {ratio} times the {quantity}: that is the factor between logarithms "
        "of different bases.",
        "Which base does the logarithm of the function have?",
    ),
    "chain_rule_inner_missing": _m(
        "The derivative of the outer function is there, but not the derivative of what is inside.",
        "The chain rule has two factors. What is inside the brackets, and what is its derivative?",
    ),
    "chain_rule_outer_missing": _m(
        "The derivative of the inner function is there, but the outer function was not "
        "differentiated.",
        "The chain rule has two factors. Which function is applied last?",
    ),
    "product_of_derivatives": _m(
        "Two factors were each differentiated and the results multiplied.",
        "The derivative of a product (a square is one, too) has two terms. Which?",
    ),
    "quotient_sign": _m(
        "The two terms of the quotient rule are the wrong way round.",
        "Which comes first in the quotient rule, and what is subtracted?",
    ),
    "elementary_rule": _m(
        "The derivative of {function} is not the one used here.",
        "Look up the derivative of {function} once more, sign included.",
    ),
    "average_slope": _m(
        "Yours is f(x)/x: the slope of a line from the origin, not of the curve at x.",
        "Which two points of the curve does the slope at x belong to, and how near are they?",
    ),
    "difference_not_divided": _m(
        "Yours is a difference of function values that is not divided by the step ({ratio} times "
        "the {quantity}).",
        "A slope is rise over run. Where is the run?",
    ),
    "absolute_slope": _m(
        "The size is right, but yours is never negative.",
        "What does a negative sign say about the function, and where should there be one?",
    ),
    "derivative_squared": _m(
        "Yours is the {found} squared.",
        "Where is it multiplied by itself? Squaring is not differentiating.",
    ),
    "derivative_of_derivative_value": _m(
        "Yours is f′ called twice, f′(f′(x)): the slope at a place which is itself a slope.",
        "Differentiating twice is not calling twice. What has to be differentiated again?",
    ),
    "constant_everywhere": _m(
        "Yours is {value} at every place, but the {quantity} changes from place to place.",
        "Does your function use its argument?",
    ),
    "gradient_zeroed": _m(
        "Yours is 0 at every place.",
        "Only a constant has a derivative of 0 everywhere. Did you differentiate once too often, "
        "or did a rounding, an `int()`, an `.item()` or a fixed number make a constant of it?",
    ),
    "right_only_where_shown": _m(
        "Yours is right at the places shown, but not anywhere else.",
        "Would it work at a place that nobody has told it about?",
    ),
    "finite_difference": _m(
        "Yours is a difference quotient with a step of about {step:.1g}: visibly not the "
        "{quantity}.",
        "An exact derivative has no step in it. Can you get it by rule, or with `jax.grad`?",
    ),
    "rounded": _m(
        "Yours is rounded to {decimals}.",
        "Keep all digits; round only when you print. Is there a `round`, an `int()` or a `//`?",
    ),
    "inexact": _m(
        "Yours is near the {quantity}, but noisy in the last digits, as a difference of nearly "
        "equal numbers is.",
        "An exact derivative has no noise. Can you get it by rule, or with `jax.grad`?",
    ),
    "wrong_argument": _m(
        "Yours is the derivative with respect to another argument.",
        "`argnums` counts from 0. Which argument should change while the others are held?",
    ),
    "carried_forward": _m(
        "`{name}` follows from your `{earlier}`, which is not right yet: the step from there is.",
        "Mend `{earlier}` first, run its cell and this one again, and look what is left.",
    ),
    "argument_held": _m(
        "Yours is the slope with argument number {other} held at {value}, at every place.",
        "The other argument is held while you differentiate, but at its own value at that place. "
        "Where does that number come from?",
    ),
    "partials_swapped": _m(
        "The partial derivatives are there, but in the wrong order.",
        "In which order do the coordinates come?",
    ),
    "one_partial_for_all": _m(
        "All entries are the same partial derivative.",
        "Each coordinate has a slope of its own. Which one is repeated?",
    ),
    "partial_missing": _m(
        "Entry {entry} is always 0; the others are right.",
        "What did you do for that coordinate?",
    ),
    "partials_summed": _m(
        "Yours is the sum of the partial derivatives.",
        "Each of them is a slope along one coordinate. Where were they added?",
    ),
    "one_partial_only": _m(
        "Yours is one partial derivative, one number, where {count} are expected.",
        "How do you ask `grad` for the slopes with respect to several arguments?",
    ),
    "too_many_partials": _m(
        "Yours gives {count} partial derivatives where one is expected.",
        "Which of them does the name ask for?",
    ),
    "hessian_diagonal": _m(
        "Only the diagonal of the Hessian is there.",
        "How does the slope along x change when y changes?",
    ),
    "value_and_gradient": _m(
        "Yours returns the value of the function together with its gradient.",
        "Which of the two does the exercise want?",
    ),
}

PLACE = {
    "maximum_found": _m(
        "The slope at {place} is zero, but it is the top of a hill.",
        "Which way does a step against the slope lead from a point beside a hilltop? "
        "What did yours do?",
    ),
    "saddle_found": _m(
        "The slope at {place} is zero, but it is a saddle: a valley one way, a hill another.",
        "What would descent do from a point a little beside it?",
    ),
    "stationary_not_minimum": _m(
        "The slope at {place} is zero, but it is not a minimum: the function is lower nearby.",
        "Look at the function a little to both sides of it.",
    ),
    "plateau_found": _m(
        "At {place} the ground is all but level (the slope is {slope}), but that is a plateau and "
        "not the bottom of a valley.",
        "Where nothing is steep, steps are short. Where is the function lower, and which step may "
        "have been so long that it led out here?",
    ),
    "not_stationary": _m(
        "At {place} the slope is {slope}, not 0{way}.",
        "{ask} And in which direction is downhill from there?",
    ),
    "near_but_not_there": _m(
        "{place} is near a stationary point, but not there yet: the slope is {slope}.",
        "Would more steps, or a somewhat larger step size, bring it closer?",
    ),
    "same_minimum": _m(
        "{place} is the minimum that `{other}` already holds.",
        "Look at the picture: which start leads into the other valley? And is the first step so "
        "long that it leaps across?",
    ),
    "root_of_function": _m(
        "{place} is where the function itself is zero, not where its slope is.",
        "Where the ground is level the slope is 0, whatever the height. Was the function used "
        "where its derivative belongs?",
    ),
    "root_of_second_derivative": _m(
        "{place} is where the second derivative is zero.",
        "Which derivative is zero at the bottom of a valley?",
    ),
    "value_instead_of_place": _m(
        "{place} is the value of the function at a minimum, not where the minimum is.",
        "Does the exercise ask for the place, or for the height there?",
    ),
    "slope_instead_of_place": _m(
        "{place} is the slope at the minimum, not the place.",
        "Does the exercise ask for the place, or for the slope there?",
    ),
    "start_returned": _m(
        "{place} is the start itself.",
        "Does your loop give x a new value, or does it compute one and forget it?",
    ),
    "one_step_only": _m(
        "{place} is where a single step from the start leads.",
        "Is the start set again in the loop, or does a `return` stand inside it?",
    ),
    "ascent": _m(
        "{place} is where steps *along* the slope lead: uphill.",
        "Downhill is against the slope. Which sign does the step need?",
    ),
    "stale_gradient": _m(
        "{place} is where the slope at the start leads when it is used for every step.",
        "The slope changes on the way. Is it computed again in every round of the loop?",
    ),
    "assignment_minus": _m(
        "{place} is where `x =- step * slope` leads.",
        "Look at the order of the two signs: is something subtracted, or is x set to a negative "
        "number?",
    ),
    "used_second_derivative": _m(
        "{place} is where steps along the second derivative lead.",
        "Which derivative says which way is down?",
    ),
    "used_function_for_slope": _m(
        "{place} is where descent leads when the function is used in place of its slope.",
        "Which function belongs in the update, f or its derivative?",
    ),
    "no_step_size": _m(
        "{place} is where the steps lead without a step size.",
        "Which knob is missing in the update?",
    ),
    "too_few_steps": _m(
        "{place} is on the right path, but only about {steps} steps along it; the exercise says "
        "{num_steps}.",
        "How many rounds does your loop make?",
    ),
    "step_too_small": _m(
        "{place} is on the right path, but only as far as a step size of about {step:.2g} leads; "
        "the exercise says {step_size:g}.",
        "Which step size did you use?",
    ),
    "diverged": _m(
        "The steps ran away to {place}.",
        "Did each step overshoot the valley by more than the one before? Which knob makes the "
        "steps shorter? And is the sign of the step right?",
    ),
    "squared_gradient": _m(
        "{place} is where steps of the slope *squared* lead.",
        "Is the slope multiplied by itself somewhere?",
    ),
    "sign_of_gradient": _m(
        "{place} is where steps of fixed length lead, whatever the slope.",
        "Descent takes long steps where it is steep. Was only the sign of the slope used?",
    ),
    "history_returned": _m(
        "`{name}` gives {count} points, a whole path. Only the last one is wanted.",
        "How do you pick the last entry of a list?",
    ),
    "place_rounded": _m(
        "{place} is rounded to {decimals}.",
        "Keep all digits; round only when you print.",
    ),
    "integer_array": _m(
        "{place} is an array of whole numbers, which cuts each step that is put into it.",
        "Does your start have a decimal point, as in 0.0? What becomes of 0.3 in an array of "
        "integers?",
    ),
    "place_in_degrees": _m(
        "{place} would be a minimum if it were in degrees.",
        "In which unit does the sine of `jnp` count angles?",
    ),
    "one_coordinate_updated": _m(
        "One coordinate of {place} is at a minimum, the other is not.",
        "Are both coordinates updated in each step?",
    ),
    "swapped_coordinates": _m(
        "With its coordinates swapped, {place} would be right.",
        "In which order does the exercise name the coordinates?",
    ),
    "wrong_axis_label": _m(
        "{place} is a minimum along {right_axis}, not along {given_axis}.",
        "Which coordinate did you change, and which one did you hold?",
    ),
    "waits_for_point": _m(
        "`{name}` cannot be judged before `{other}` is a minimum along one axis.",
        "Find the point first.",
    ),
    "step_converges": _m(
        "With a step size of {step}, descent settles down; it does not run away.",
        "By which factor does one step change the distance to the minimum? "
        "When does that factor make it grow?",
    ),
    "step_bounces": _m(
        "With a step size of {step}, descent keeps jumping back and forth, but does not run away.",
        "The jumps do not grow. With which step sizes would each be longer than the one before?",
    ),
    "step_not_positive": _m(
        "A step size of {step} is not a step downhill.",
        "The step size says how far to go against the slope. Which sign must it have?",
    ),
}

ROUTINE = {
    "hard_coded_step": _m(
        "`{name}` takes the same steps whatever `step_size` it is given.",
        "Is the argument `step_size` used, or a number written into the routine?",
    ),
    "hard_coded_start": _m(
        "`{name}` arrives at the same place from every start.",
        "Is the argument `start` used?",
    ),
    "hard_coded_function": _m(
        "`{name}` never asks the slope function that it is given.",
        "Is the argument `df` used, or a function of the notebook?",
    ),
    "ignores_num_steps": _m(
        "`{name}` takes the same number of steps whatever `num_steps` says.",
        "Is the argument `num_steps` used?",
    ),
    "off_by_one_steps": _m(
        "`{name}` makes {steps} steps where `num_steps` is {num_steps}.",
        "Count the rounds of your loop: where does it begin, and where does it end?",
    ),
    "wrong_step_count": _m(
        "`{name}` makes {steps} steps where `num_steps` is {num_steps}.",
        "Count the rounds of your loop. Does each make one step, and is there one for each of "
        "`num_steps`?",
    ),
    "zero_steps": _m(
        "With `num_steps` 0, `{name}` does not return the start{what}.",
        "What does your routine do when the loop has no rounds at all?",
    ),
    "capped_steps": _m(
        "`{name}` never makes more than {steps} steps, however many `num_steps` asks for.",
        "Is there a largest number of rounds written into the routine?",
    ),
    "stops_early": _m(
        "`{name}` stops after {steps} of {num_steps} steps, though the slope is not zero there.",
        "What ends your loop before all steps are made?",
    ),
    "stops_on_growth": _m(
        "`{name}` leaves its loop where a step overshoots the valley.",
        "The exercise wants all `num_steps` steps, uphill too. What ends the loop?",
    ),
    "stops_far_out": _m(
        "`{name}` leaves its loop when it gets far out.",
        "The exercise wants all `num_steps` steps, wherever they lead. What ends the loop?",
    ),
    "best_returned": _m(
        "`{name}` returns the best place of its way, not the last one.",
        "Where steps overshoot, the last place is not the best. Which one does the exercise want?",
    ),
    "averaged_iterates": _m(
        "`{name}` returns a mean of the places on its way, not the last one.",
        "Which of the places does the exercise want?",
    ),
    "previous_iterate": _m(
        "`{name}` returns the place before the last step.",
        "Which variable does the routine return: the old place or the new one?",
    ),
    "returns_slope_or_value": _m(
        "`{name}` returns the slope at the last place, not the place.",
        "Which variable does the routine return?",
    ),
    "returned_elsewhere": _m(
        "`{name}` asks for the slope at the right places, but returns another one.",
        "Which variable does the routine return, and what happened to it after the last step?",
    ),
    "rounded_in_loop": _m(
        "`{name}` rounds on the way.",
        "What happens to steps that are smaller than the rounding?",
    ),
    "rounded_at_end": _m(
        "`{name}` rounds the place before it returns it.",
        "Keep all digits in what you return. Where could you round if you only want to print?",
    ),
    "whole_numbers": _m(
        "`{name}` cuts its places to whole numbers.",
        "An array of integers cuts each step that is put into it. Is there an `int`, or an array "
        "of integers?",
    ),
    "low_precision": _m(
        "`{name}` computes in {dtype}, which keeps only two or three digits.",
        "Which line asks for so few digits?",
    ),
    "wrong_iterates": _m(
        "`{name}` arrives somewhere else than gradient descent does.",
        "Do one step by hand: from the start, against the slope, by the step size. "
        "Does the routine do the same?",
    ),
    "steps_differ": _m(
        "The steps of `{name}` are not `step_size` times the slope: from {start}, its first step "
        "is {first} times as long as that, a later one {last} times.",
        "Print the slope and the step side by side. What else is in the update?",
    ),
    "step_misused": _m(
        "The steps of `{name}` have the wrong size: {what} where `step_size` belongs.",
        "Which numbers multiply the slope in your update?",
    ),
    "limited_step": _m(
        "`{name}` does not take the step size it is given, but keeps to a limit of {size}.",
        "Is there a `min` or `max`, or an `if`, about the step size?",
    ),
    "negative_step": _m(
        "With a negative `step_size`, `{name}` does not do what the rule says{what}.",
        "A step size of −0.1 goes uphill. Is there an `abs`, a `max`, or a test of its sign?",
    ),
    "decaying_step": _m(
        "The steps of `{name}` change their size from round to round.",
        "The step size stays the same in all steps here. Where does yours change?",
    ),
    "adaptive_step": _m(
        "`{name}` takes another step size where the one it is given overshoots.",
        "The exercise wants steps of the size given, also where they overshoot. Where does yours "
        "change?",
    ),
    "overshoot_avoided": _m(
        "`{name}` makes the right steps where they lead downhill, but not where they overshoot"
        "{what}.",
        "The exercise wants all steps, of the size given, wherever they lead. What does your "
        "routine do when a step makes things worse?",
    ),
    "far_start": _m(
        "`{name}` does gradient descent near 0, but not from a start far out{what}.",
        "Is anything cut off or limited in your loop?",
    ),
    "clamped_iterates": _m(
        "`{name}` cuts its places off{bound}: they do not go as far as the steps lead.",
        "Is there a `clip`, `min` or `max` about x?",
    ),
    "clipped_slope": _m(
        "`{name}` cuts off what is large: a slope or a step of more than {size} is made smaller.",
        "It does not stop early, but its steps are too short where it is steep. Is there a `clip`?",
    ),
    "normalised_slope": _m(
        "`{name}` divides the slope by its size, so that all its steps are equally long.",
        "Descent takes long steps where it is steep. Is the slope divided by its norm?",
    ),
    "slope_sign_lost": _m(
        "`{name}` always steps to the same side: the sign of the slope is lost.",
        "What does the sign of the slope say? Is there an `abs` or a square?",
    ),
    "divided_by_slope": _m(
        "`{name}` divides by the slope where it should multiply.",
        "Where it is steep, should a step be longer or shorter?",
    ),
    "df_differentiated": _m(
        "`{name}` differentiates `df`{what}, but `df` is the slope already.",
        "What does `df(x)` give you? Is there still something to differentiate?",
    ),
    "slope_elsewhere": _m(
        "`{name}` takes the slope at another place than the one from which it steps.",
        "At which place does gradient descent ask for the slope?",
    ),
    "sequential_update": _m(
        "`{name}` moves the entries one after another: the later ones see a slope at a place that "
        "has half moved already.",
        "Compute the whole slope first. When may the entries change?",
    ),
    "step_added": _m(
        "`{name}` adds the step size to the slope where it should multiply.",
        "At the bottom the slope is 0. How long should the step be there, and how long is yours?",
    ),
    "coordinates_swapped": _m(
        "`{name}` moves each entry by the slope along another one.",
        "In which order do the slopes come, and which entry does each of them belong to?",
    ),
    "steps_from_start": _m(
        "`{name}` takes every step from the start.",
        "From where should the second step go?",
    ),
    "start_changed": _m(
        "`{name}` does not begin at the start, but at another place: {what}.",
        "What happens to `start` before the first step?",
    ),
    "momentum": _m(
        "The steps of `{name}` remember the ones before: that is momentum.",
        "Momentum is a method of its own. Which terms of the update belong to plain gradient "
        "descent?",
    ),
    "other_method": _m(
        "The steps of `{name}` are those of {method}, not of plain gradient descent.",
        "What does the rule of gradient descent multiply the slope with?",
    ),
    "remembers_calls": _m(
        "Called again with the same arguments, `{name}` gives another place.",
        "Is there a counter, a list or a place outside the function that is not set back?",
    ),
    "arrays_only": _m(
        "`{name}` works for arrays, but for a start that is one number {what}.",
        "A Python number is not an array. Which line needs one: a method like `.copy()`, an index?",
    ),
    "generator_returned": _m(
        "`{name}` has a `yield` in it, so calling it returns a generator: none of its steps has "
        "been made.",
        "A function with `yield` hands out a series. How do you return the last place instead?",
    ),
    "dict_returned": _m(
        "`{name}` returns {what}, but the place alone is expected.",
        "Which of its entries is the last place, and how do you return just that?",
    ),
    "extra_returned": _m(
        "`{name}` returns {what}, but the place alone is expected.",
        "Which of the things you return is the last place?",
    ),
}

MOMENTUM = {
    "velocity_not_carried": _m(
        "`{name}` makes the steps of plain gradient descent: nothing of the step before is kept.",
        "What does your velocity hold when a round of the loop begins? Is it set back there?",
    ),
    "velocity_turned": _m(
        "`{name}` takes the step before backwards: it holds the walk up.",
        "Which sign does the old velocity have in the new one?",
    ),
    "beta_on_slope": _m(
        "In `{name}`, `beta` multiplies the slope.",
        "Which of the two is to be kept in part: the step before, or the new slope?",
    ),
    "velocity_averaged": _m(
        "`{name}` takes a running mean of the slopes, (1 − beta) of each new one: its steps are "
        "that much shorter.",
        "In heavy-ball momentum the new slope counts in full. Which factor stands before yours?",
    ),
    "velocity_late": _m(
        "`{name}` moves by the velocity of the round before: each slope is used one round late.",
        "In which order do the two lines come: first the new velocity, or first the move?",
    ),
    "velocity_returned": _m(
        "`{name}` returns its last step, not the place.",
        "Which variable does the routine return?",
    ),
    "hard_coded_beta": _m(
        "`{name}` keeps the same share of the step before, whatever `beta` it is given.",
        "Is the argument `beta` used, or a number written into the routine?",
    ),
    "wrong_ball": _m(
        "`{name}` arrives somewhere else than the heavy ball does.",
        "Do two steps on paper: the first is one of gradient descent, and the second keeps a share "
        "of it. Does the routine do the same?",
    ),
    "nesterov_instead": _m(
        "`{name}` asks for the slope ahead of where it stands, and moves on from there: that is "
        "Nesterov's momentum, a method of its own and a good one.",
        "The exercise describes Polyak's heavy ball. At which place does it ask for the slope?",
    ),
}

SEARCH = {
    "asked_too_often": _m(
        "From {start}, `{name}` asks for the slope {count} times; the exercise allows {most}.",
        "Where does your walk spend most of its steps: across the valley, or along its floor?",
    ),
    "slope_not_countable": _m(
        "`{name}` stopped with {what}.",
        "Where do you hand the slope function to JAX? A Python loop can call it as it is.",
    ),
    "bottom_not_reached": _m(
        "From {start}, `{name}` asks for the slope {count} times and ends at {place}, {distance} "
        "from the bottom of the valley; the exercise wants {within}.",
        "Along the floor of the valley the slope hardly changes from step to step, across it the "
        "sign turns each time. Which method makes use of that?",
    ),
    "minimum_found": _m(
        "The slope at {place} is zero, but it is the bottom of a valley, and the exercise asks for "
        "a top.",
        "Descent goes down. Which function would you have to walk down, so that this one goes up?",
    ),
    "stationary_not_maximum": _m(
        "The slope at {place} is zero, but it is not a maximum: the function is higher nearby.",
        "Look at the function a little to both sides of it.",
    ),
    "plateau_no_top": _m(
        "At {place} the ground is all but level (the slope is {slope}), but it is no top.",
        "Where nothing is steep, steps are short. Where is the function higher, and which step may "
        "have been so long that it led out here?",
    ),
    "value_of_maximum": _m(
        "{place} is how high the function gets, not where.",
        "Does the exercise ask for the place, or for the height there?",
    ),
    "not_a_top": _m(
        "At {place} the slope is {slope}, not 0{way}.",
        "In which direction is uphill from there? Did your steps go that way, and for long enough?",
    ),
}

LABELS = {
    "labels_inverted": _m(
        "Every label is the opposite of what it should be.",
        "Which way is the curve bent where the second derivative is positive?",
    ),
    "wrong_label": _m(
        "The label at {place} is not right.",
        "Which sign has the second derivative there, and what does that say about the bend?",
    ),
    "label_missing": _m(
        "There is no label for {place}.",
        "The dictionary needs an entry for each of the places.",
    ),
    "unknown_label": _m(
        "{what} is not one of the labels: {labels}.",
        "Which words does the exercise ask for?",
    ),
    "another_mistake": _m(
        "“{label}” is not the mistake of this loop. If it were, {looks}. After {steps} steps from "
        "{start} it would be at {there}; this loop is at {here}.",
        "Do two rounds of the loop on paper. Where is it after each, and what went into it?",
    ),
    "different_value": _m(
        "`{name}` is {what}, which is not the value that the exercise asks for.",
        "Go back to the exercise, and compute it step by step.",
    ),
}

CATALOGUE: dict[str, Misconception] = {
    **ARRIVAL,
    **RAISED,
    **DERIVATIVE,
    **PLACE,
    **ROUTINE,
    **MOMENTUM,
    **SEARCH,
    **LABELS,
}
