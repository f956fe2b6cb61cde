"""The first example of any tutorial on the buffer protocol: an array, and a view of its memory."""

import array

import consumer

numbers = array.array("i", [1, 2, 3, 4, 5])
view = consumer.consume(numbers)
print(view)

# The memory is one and the same: what is stored in the one is stored in the other.
view[0] = 10
numbers[-1] = 50
print(numbers)
print(view)
