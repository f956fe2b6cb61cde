"""Packages whose exporters show pictures, sound, meshes and matrices."""

import io
import tempfile
from pathlib import Path

from matrix.packages_of_numbers import elements
from matrix.row import Of, Row, items, no_buffer


def surface(pygame, depth, flags=0):
    """A picture of three columns and two rows, all of whose pixels differ."""
    made = pygame.Surface((3, 2), flags, depth)
    for x in range(3):
        for y in range(2):
            made.set_at((x, y), (16 * (x + 1), 32 * (y + 1), 48 * (x + y + 1), 200 + x + y))
    return made


def pixels(depth, kind):
    def make(pygame):
        picture = surface(pygame, depth, pygame.SRCALPHA if kind == "a" else 0)
        return Of(picture.get_view(kind), picture)

    return make


def each_pixel(value):
    def values(picture):
        width, height = picture.get_size()
        return [[value(picture, (x, y)) for y in range(height)] for x in range(width)]

    return values


mapped_pixels = each_pixel(lambda picture, at: picture.get_at_mapped(at))
colours = each_pixel(lambda picture, at: list(picture.get_at(at))[:3])
RED, GREEN, BLUE, ALPHA = (
    each_pixel(lambda picture, at, n=number: picture.get_at(at)[n]) for number in range(4)
)
three_bytes = each_pixel(lambda picture, at: picture.get_at_mapped(at).to_bytes(3, "little"))


def raw_pixels(picture):
    return list(picture.get_buffer().raw)


def pixel_array(pygame):
    picture = surface(pygame, 32)
    array = pygame.PixelArray(picture)
    yield Of(array, array)
    array.close()


def pixel_array_values(array):
    width, height = array.shape
    return [[array[x, y] for y in range(height)] for x in range(width)]


def mask(pygame):
    made = pygame.Mask((3, 2))
    made.set_at((0, 0))
    made.set_at((2, 1))
    return made


def mask_words(made):
    """A column of words, as the surface of less than one word's width has it: one bit a pixel."""
    width, height = made.get_size()
    return [[sum(made.get_at((x, y)) << x for x in range(width)) for y in range(height)]]


def video_plane(av):
    frame = av.VideoFrame(4, 2, "rgb24")
    frame.planes[0].update(bytes(i % 251 for i in range(frame.planes[0].buffer_size)))
    return frame.planes[0]


def audio_plane(av):
    frame = av.AudioFrame("s16", "mono", 4)
    frame.planes[0].update(b"\0\1\2\3\4\5\6\xff")
    return frame.planes[0]


def vector(name, *numbers):
    return lambda glm: getattr(glm, name)(*numbers)


def matrix(name):
    """A matrix of PyGLM, whose buffer has rows where the object has columns."""

    def make(glm):
        made = getattr(glm, name)(0)
        for column in range(len(made)):
            for row in range(len(made[0])):
                made[column, row] = 10 * row + column
        return made

    return make


def rows_of(made):
    return [[made[column][row] for column in range(len(made))] for row in range(len(made[0]))]


VECTORS = (
    "vec1 vec2 vec3 vec4 dvec3 ivec3 uvec3 bvec3 i8vec3 u8vec3 i16vec2 u16vec2 i64vec3 u64vec3"
)
MATRICES = "mat2 mat3 mat4 mat2x3 mat3x4 mat4x2 dmat3 imat2x3 umat4x3"


def glm_numbers(glm):
    return glm.array(glm.c_int64, 1, -2, 3)


def glm_matrices(glm):
    return glm.array(matrix("mat2x3")(glm), glm.mat2x3(7))


def panda_numbers(name, *numbers):
    return lambda core: getattr(core, name)(list(numbers))


def panda_vectors(name, part, rows):
    def make(core):
        made = getattr(core, name)()
        for row in rows:
            made.push_back(getattr(core, part)(*row))
        return made

    return make


def panda_texture(core):
    texture = core.Texture()
    texture.setup_2d_texture(2, 2, core.Texture.T_unsigned_byte, core.Texture.F_rgb)
    image = texture.modify_ram_image()
    for index in range(len(image)):
        image[index] = 20 * index + 1
    return image


def matrices_of(array):
    return [[list(row) for row in matrix.rows] for matrix in array]


def scaled(cv2):
    import numpy as np

    return cv2.resize(np.arange(48, dtype="f4").reshape(4, 4, 3), (2, 2))


def grey(cv2):
    import numpy as np

    return cv2.cvtColor(np.arange(18, dtype="u1").reshape(2, 3, 3), cv2.COLOR_BGR2GRAY)


def tiff(tifffile):
    import numpy as np

    file = io.BytesIO()
    tifffile.imwrite(file, np.arange(6, dtype=">u2").reshape(2, 3), byteorder=">")
    file.seek(0)
    return tifffile.imread(file)


def mapped_tiff(tifffile):
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.tif"
        tifffile.imwrite(path, np.arange(6, dtype=">u2").reshape(2, 3), byteorder=">")
        yield tifffile.memmap(path)


ROWS = [
    Row("pygame.Surface 8 bits", "pygame", pixels(8, "2"), mapped_pixels),
    Row("pygame.Surface 16 bits", "pygame", pixels(16, "2"), mapped_pixels),
    Row("pygame.Surface 24 bits", "pygame", pixels(24, "2"), three_bytes),
    Row("pygame.Surface 32 bits", "pygame", pixels(32, "2"), mapped_pixels),
    Row("pygame.Surface 24 bits, colours", "pygame", pixels(24, "3"), colours),
    Row("pygame.Surface 32 bits, colours", "pygame", pixels(32, "3"), colours),
    Row("pygame.Surface red", "pygame", pixels(24, "r"), RED),
    Row("pygame.Surface green", "pygame", pixels(32, "g"), GREEN),
    Row("pygame.Surface blue", "pygame", pixels(32, "b"), BLUE),
    Row("pygame.Surface alpha", "pygame", pixels(32, "a"), ALPHA),
    Row("pygame.Surface bytes", "pygame", pixels(32, "0"), raw_pixels),
    Row("pygame.PixelArray", "pygame", pixel_array, pixel_array_values),
    Row("pygame.Color", "pygame", lambda pygame: pygame.Color(1, 2, 3, 4), items),
    Row("pygame.Mask", "pygame", mask, mask_words),
    Row("av.VideoPlane", "av", video_plane, lambda plane: list(bytes(plane))),
    Row("av.AudioPlane", "av", audio_plane, lambda plane: list(bytes(plane))),
    *(Row(f"glm.{name}", "pyglm.glm", vector(name), items) for name in VECTORS.split()),
    Row("glm.quat", "pyglm.glm", vector("quat", 1.5, 2.5, 3.5, 4.5), items),
    *(Row(f"glm.{name}", "pyglm.glm", matrix(name), rows_of) for name in MATRICES.split()),
    Row("glm.array of numbers", "pyglm.glm", glm_numbers, items),
    Row(
        "glm.array of vectors",
        "pyglm.glm",
        lambda glm: glm.array(glm.vec3(1, 2, 3), glm.vec3(4, 5, 6)),
        lambda a: [list(v) for v in a],
    ),
    Row("glm.array of matrices", "pyglm.glm", glm_matrices, lambda a: [rows_of(m) for m in a]),
    Row("panda3d PTAFloat", "panda3d.core", panda_numbers("PTAFloat", 0.5, -1.5), items),
    Row("panda3d PTADouble", "panda3d.core", panda_numbers("PTADouble", 0.5, -1.5), items),
    Row("panda3d PTAInt", "panda3d.core", panda_numbers("PTAInt", 1, -2), items),
    Row("panda3d CPTAUchar", "panda3d.core", lambda core: core.CPTAUchar(b"abc"), items),
    Row(
        "panda3d PTALVecBase3f",
        "panda3d.core",
        panda_vectors("PTALVecBase3f", "LVecBase3f", [(1, 2, 3), (4, 5, 6)]),
        lambda a: [tuple(v) for v in a],
    ),
    Row(
        "panda3d PTALVecBase2i",
        "panda3d.core",
        panda_vectors("PTALVecBase2i", "LVecBase2i", [(1, 2), (3, 4)]),
        lambda a: [tuple(v) for v in a],
    ),
    Row(
        "panda3d PTALVecBase4d",
        "panda3d.core",
        panda_vectors("PTALVecBase4d", "LVecBase4d", [(1, 2, 3, 4)]),
        lambda a: [tuple(v) for v in a],
    ),
    Row(
        "panda3d PTALMatrix3d",
        "panda3d.core",
        panda_vectors("PTALMatrix3d", "LMatrix3d", [range(9), range(9, 18)]),
        matrices_of,
    ),
    Row("panda3d picture", "panda3d.core", panda_texture, items),
    Row("OpenCV picture", "cv2", scaled, elements),
    Row("OpenCV picture of one channel", "cv2", grey, elements),
    Row("TIFF", "tifffile", tiff, elements),
    Row("TIFF, mapped", "tifffile", mapped_tiff, elements),
    Row("mathutils.Vector", "mathutils", lambda m: m.Vector((1.5, 2.5, 3.5)), items),
    Row(
        "mathutils.Matrix",
        "mathutils",
        lambda m: m.Matrix(((1, 2), (3, 4))),
        lambda m: [list(row) for row in m],
    ),
    no_buffer("pygame.Surface itself", "pygame", lambda pygame: surface(pygame, 32)),
    no_buffer("pygame.Rect", "pygame", lambda pygame: pygame.Rect(1, 2, 3, 4)),
    no_buffer("panda3d LVecBase3f", "panda3d.core", lambda core: core.LVecBase3f(1, 2, 3)),
]
