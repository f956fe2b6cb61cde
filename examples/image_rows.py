"""Crops, flips and paints an image without moving a pixel.

The image is a bytearray of red, green and blue for each pixel; height x width x 3 is only a way to
look at it. A crop or a flip is another way to look at the same bytes.
"""

from typing import TypeAlias

from consumer import ConsumerArray, consume

# Three dimensions: an image has rows, which have pixels, which have three colours.
Image: TypeAlias = "ConsumerArray[int, ConsumerArray[int, ConsumerArray[int]]]"

HEIGHT, WIDTH = 4, 6
RED, GREEN, BLUE = range(3)


def show(image: Image) -> None:
    """Prints each pixel as the initial of its brightest colour."""
    for row in image:
        print("".join("." if max(rgb) == 0 else "RGB"[rgb.index(max(rgb))] for rgb in row))
    print()


def main() -> None:
    data = bytearray(HEIGHT * WIDTH * 3)
    image = consume(data).reshape(HEIGHT, WIDTH, 3)

    print("painted: the red channel of the first row, the green one of a block, a blue pixel")
    image[0, :, RED] = 255
    image[1:3, 1:4, GREEN] = 200
    image[-1, -1, BLUE] = 100
    show(image)

    print("mirrored, upside down, transposed")
    show(image[:, ::-1])
    show(image[::-1])
    show(image.transpose(1, 0, 2))

    print("painting in a crop paints in the image")
    crop = image[2:, 4:]
    crop[..., RED] = 255
    show(image)
    print("bytes of the crop:", crop.tobytes().hex(" ", 3))

    # Somebody else's bytes, in the other order of rows and colours: bottom-up, blue first.
    other = bytearray(len(data))
    consume(other).reshape(HEIGHT, WIDTH, 3)[::-1, :, ::-1] = image
    print("bottom-up BGR ends with:", other[-6:].hex(" ", 3))


if __name__ == "__main__":
    main()
