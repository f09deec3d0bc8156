"""Small files that ask a reader for far more than they are worth, for scripts/hostile."""

import functools
import struct
import zlib

A4 = b"/MediaBox[0 0 595 842]"


def pdf(objects):
    """A PDF of these objects, numbered from 1; the first is its catalogue."""
    data, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size, start = len(objects) + 1, len(data)
    return data + b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        start,
    )


def stream(content, entries=b""):
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(content), content)


def page_with(content, resources=b"", more=()):
    """A document of one page that shows object 4, and the objects from 5 on."""
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R%b/Contents 4 0 R/Resources<<%b>>>>" % (A4, resources),
            content,
            *more,
        ]
    )


def flate(data, times=1):
    for _ in range(times):
        data = zlib.compress(data, 9)
    return data


@functools.cache
def blanks(mebibytes, times=1):
    """`mebibytes` of blanks, compressed `times` times, without holding them."""
    packer, out = zlib.compressobj(9), b""
    for _ in range(mebibytes):
        out += packer.compress(b" " * 2**20)
    out += packer.flush()
    return flate(out, times - 1)


def flate_bomb():
    """A page whose content grows from 2 kB over 1 MB to 1 GiB."""
    return page_with(stream(blanks(1024, 2), b"/Filter[/FlateDecode/FlateDecode]"))


def flate_image_bomb():
    """An image of 30 000 x 30 000 that is 100 kB of nothing."""
    packed = blanks(30_000 * 30_000 // 8 // 2**20 + 1)
    image = stream(
        packed,
        b"/Type/XObject/Subtype/Image/Width 30000/Height 30000/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/FlateDecode",
    )
    return page_with(stream(b"595 0 0 842 0 0 cm /I Do"), b"/XObject<</I 5 0 R>>", [image])


def many_pages(count=10_000):
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    page = b"<</Type/Page/Parent 2 0 R%b>>" % A4
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count %d/Kids[%b]>>" % (count, kids), *[page] * count])


def claimed_pages():
    """One page that says it is two thousand million."""
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 2000000000>>",
            b"<</Type/Page/Parent 2 0 R%b>>" % A4,
        ]
    )


def page_tree_loop():
    """A page tree whose leaf is its root."""
    return pdf([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>"])


def huge_page():
    """A page of 14 000 kilometres."""
    return pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 40000000000 40000000000]>>",
        ]
    )


def nested_forms(depth=9, times=10):
    """A form that draws a form ten times, which draws a form ten times, and so on."""
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]"
    forms = [
        stream(b"/F Do " * times, head + b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + form)) for form in range(depth - 1)
    ]
    return page_with(stream(b"/F Do " * times), b"/XObject<</F 5 0 R>>", [*forms, stream(b"0 0 9 9 re f", head)])


def form_in_itself():
    head = b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</F 5 0 R>>>>"
    return page_with(stream(b"/F Do"), b"/XObject<</F 5 0 R>>", [stream(b"/F Do /F Do", head)])


def deep_brackets(depth=1_000_000):
    """A million arrays in one another."""
    return page_with(stream(b"[" * depth + b"]" * depth + b" TJ"))


def many_marks(count=3_000_000):
    """A page of three million rectangles in a few kilobytes."""
    return page_with(stream(flate(b"0 0 9 9 re f\n" * count), b"/Filter/FlateDecode"))


def many_characters(count=4_000_000):
    """A page of four million letters."""
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    text = b"BT /F 1 Tf 9 9 Td (" + b"invoice " * (count // 8) + b") Tj ET"
    return page_with(stream(flate(text), b"/Filter/FlateDecode"), b"/Font<</F 5 0 R>>", [font])


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, packed, depth=1, colour=0, before=b""):
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + before + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def png_60000():
    """60 000 x 60 000 pixels in 450 kB."""
    return png(60_000, 60_000, blanks(60_000 * 7_501 // 2**20 + 1))


def png_within_limits():
    """The largest square that a page may be, in black."""
    side = 6_000
    return png(side, side, flate(b"\0" * (side * (side // 8 + 1))))


def png_grows():
    """100 x 100 pixels whose data grow to 1 GiB."""
    return png(100, 100, blanks(1024))


def png_text_bomb():
    """Text beside the picture that grows to 1 GiB."""
    text = chunk(b"zTXt", b"Comment\0\0" + blanks(1024))
    return png(100, 100, flate(b"\0" * 1_400), before=text)


def png_profile_bomb():
    """A colour profile that grows to 1 GiB."""
    profile = chunk(b"iCCP", b"p\0\0" + blanks(1024))
    return png(100, 100, flate(b"\0" * 1_400), before=profile)


def jpeg_65500():
    """The largest picture that JPEG can claim, with nothing in it."""
    tables = b"\xff\xdb\x00\x43\x00" + b"\x01" * 64
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", 65_500, 65_500) + b"\x01\x01\x11\x00"
    codes = b"\xff\xc4\x00\x14\x00\x01" + b"\0" * 15 + b"\0"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"
    return b"\xff\xd8" + tables + frame + codes + scan + b"\0" * 1_000 + b"\xff\xd9"


INVOICE = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">%b</Invoice>'


def xml_entities():
    """A thousand million laughs."""
    laughs = b"".join(b'<!ENTITY l%d "%b">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return b'<?xml version="1.0"?><!DOCTYPE Invoice [<!ENTITY l0 "lol">%b]>' % laughs + INVOICE % b"&l9;"


def xml_outside():
    """An entity that is a file of the machine."""
    return b'<?xml version="1.0"?><!DOCTYPE Invoice [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + INVOICE % b"&e;"


def xml_deep(depth=200_000):
    return b'<?xml version="1.0"?>' + INVOICE % (b"<a>" * depth + b"</a>" * depth)


def xml_wide(count=1_000_000):
    return b'<?xml version="1.0"?>' + INVOICE % (b"<a/>" * count)


def xml_attributes(count=200_000):
    return b'<?xml version="1.0"?>' + INVOICE % (b"<a %b/>" % b" ".join(b'a%d=""' % n for n in range(count)))


# Names and what makes them, which takes some of them a second.
ALL = [
    (make.__name__, make)
    for make in (
        flate_bomb,
        flate_image_bomb,
        many_pages,
        claimed_pages,
        page_tree_loop,
        huge_page,
        nested_forms,
        form_in_itself,
        deep_brackets,
        many_marks,
        many_characters,
        png_60000,
        png_within_limits,
        png_grows,
        png_text_bomb,
        png_profile_bomb,
        jpeg_65500,
        xml_entities,
        xml_outside,
        xml_deep,
        xml_wide,
        xml_attributes,
    )
]
