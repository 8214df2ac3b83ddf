/** IPTC's term for a picture that a trained model made (Digital Source Type NewsCodes). */
const DIGITAL_SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';
/** A name, not an address: XMP properties of this app live under it. */
const NAMESPACE = 'urn:relationbooth:1';

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const unescapeXml = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/**
 * An XMP packet (ISO 16684-1) that marks a picture as made by a model. Formats without text entries of
 * their own carry the app's settings in it too.
 */
export function renderXmp(settings?: string): string {
  const own =
    settings === undefined ? '' : `<rb:settings xmlns:rb="${NAMESPACE}">${escapeXml(settings)}</rb:settings>`;
  return [
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
    ` Iptc4xmpExt:DigitalSourceType="${DIGITAL_SOURCE_TYPE}">`,
    own,
    '</rdf:Description>',
    '</rdf:RDF>',
    '</x:xmpmeta>',
    '<?xpacket end="r"?>',
  ].join('');
}

/** The settings inside a packet of this app, or undefined for any other packet. */
export function settingsInXmp(packet: string): string | undefined {
  const found = /<rb:settings xmlns:rb="urn:relationbooth:1">([^<]*)<\/rb:settings>/.exec(packet)?.[1];
  return found === undefined ? undefined : unescapeXml(found);
}
