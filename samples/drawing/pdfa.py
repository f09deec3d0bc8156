"""Turns a PDF into a Factur-X container: PDF/A-3 metadata, colour profile, and the XML as its attachment."""

import hashlib
import struct
from datetime import date
from io import BytesIO
from xml.sax.saxutils import escape

from PIL import ImageCms
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)

ATTACHMENT = "factur-x.xml"
PRODUCER = "make_samples.py"

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">
   <pdfaid:part>3</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">
   <dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
   <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"><pdf:Producer>{producer}</pdf:Producer></rdf:Description>
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
   <xmp:CreateDate>{day}T09:00:00+00:00</xmp:CreateDate><xmp:ModifyDate>{day}T09:00:00+00:00</xmp:ModifyDate>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:fx="urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#">
   <fx:DocumentType>INVOICE</fx:DocumentType><fx:DocumentFileName>{attachment}</fx:DocumentFileName>
   <fx:Version>1.0</fx:Version><fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>
  </rdf:Description>
  <rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
   <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>fx</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property>
   </rdf:li></rdf:Bag></pdfaExtension:schemas>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""

XMP_PROPERTY = """
     <rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>
      <pdfaProperty:valueType>Text</pdfaProperty:valueType><pdfaProperty:category>external</pdfaProperty:category>
      <pdfaProperty:description>{description}</pdfaProperty:description></rdf:li>"""

XMP_PROPERTIES = {
    "DocumentFileName": "name of the embedded XML invoice file",
    "DocumentType": "INVOICE",
    "Version": "version of the Factur-X data",
    "ConformanceLevel": "conformance level of the Factur-X data",
}


def attach(pdf: bytes, xml: bytes, day: date) -> bytes:
    """`pdf` with `xml` attached as its own alternative; `day` is the day it was made."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    writer.pdf_header = "%PDF-1.7"
    root = writer.root_object
    title, author = writer.metadata.title, writer.metadata.author
    moment = TextStringObject(f"D:{day:%Y%m%d}090000+00'00'")

    content = DecodedStreamObject()
    content.set_data(xml)
    content = content.flate_encode()
    content.update({
        NameObject("/Type"): NameObject("/EmbeddedFile"),
        NameObject("/Subtype"): NameObject("/text/xml"),
        NameObject("/Params"): DictionaryObject({
            NameObject("/ModDate"): moment,
            NameObject("/Size"): NumberObject(len(xml)),
            NameObject("/CheckSum"): ByteStringObject(hashlib.md5(xml).digest()),
        }),
    })
    stream = writer._add_object(content)
    specification = writer._add_object(DictionaryObject({
        NameObject("/Type"): NameObject("/Filespec"),
        NameObject("/F"): TextStringObject(ATTACHMENT),
        NameObject("/UF"): TextStringObject(ATTACHMENT),
        NameObject("/Desc"): TextStringObject("Factur-X invoice"),
        NameObject("/AFRelationship"): NameObject("/Alternative"),
        NameObject("/EF"): DictionaryObject({NameObject("/F"): stream, NameObject("/UF"): stream}),
    }))
    root[NameObject("/AF")] = ArrayObject([specification])
    root[NameObject("/Names")] = DictionaryObject({
        NameObject("/EmbeddedFiles"): DictionaryObject({
            NameObject("/Names"): ArrayObject([TextStringObject(ATTACHMENT), specification]),
        }),
    })
    root[NameObject("/OutputIntents")] = ArrayObject([writer._add_object(_output_intent(writer))])
    root[NameObject("/Metadata")] = writer._add_object(_xmp(title, author, day))
    root[NameObject("/MarkInfo")] = DictionaryObject()
    root[NameObject("/Lang")] = TextStringObject("fr-FR")
    writer.metadata = {
        "/Title": title, "/Author": author, "/Producer": PRODUCER, "/CreationDate": moment, "/ModDate": moment,
    }
    identity = ByteStringObject(hashlib.sha256(pdf + xml).digest()[:16])
    writer._ID = ArrayObject([identity, identity])
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _output_intent(writer: PdfWriter) -> DictionaryObject:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # Bytes 24 to 36 of an ICC header say when the profile was made: always the same day here.
    profile[24:36] = struct.pack(">6H", 2025, 1, 1, 0, 0, 0)
    stream = DecodedStreamObject()
    stream.set_data(bytes(profile))
    stream = stream.flate_encode()
    stream[NameObject("/N")] = NumberObject(3)
    return DictionaryObject({
        NameObject("/Type"): NameObject("/OutputIntent"),
        NameObject("/S"): NameObject("/GTS_PDFA1"),
        NameObject("/OutputConditionIdentifier"): TextStringObject("sRGB"),
        NameObject("/Info"): TextStringObject("sRGB IEC61966-2.1"),
        NameObject("/DestOutputProfile"): writer._add_object(stream),
    })


def _xmp(title: str, author: str, day: date) -> DecodedStreamObject:
    properties = "".join(XMP_PROPERTY.format(name=name, description=text) for name, text in XMP_PROPERTIES.items())
    packet = XMP.format(
        title=escape(title), author=escape(author), producer=PRODUCER, day=day.isoformat(),
        attachment=ATTACHMENT, properties=properties,
    )
    stream = DecodedStreamObject()
    stream.set_data(packet.encode())
    stream.update({NameObject("/Type"): NameObject("/Metadata"), NameObject("/Subtype"): NameObject("/XML")})
    return stream
