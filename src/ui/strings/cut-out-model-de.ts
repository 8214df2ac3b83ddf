import { type cutOutModelEn } from './cut-out-model-en.ts';
import { type Widen } from './widen.ts';

/** The words around the model that finds objects in photos, in German. */
export const cutOutModelDe: Widen<typeof cutOutModelEn> = {
  find: 'Objekt finden',
  findAgain: 'Noch einmal versuchen',
  opening: 'Das Modell wird geladen',
  looking: 'Das Objekt wird gesucht',
  stop: 'Anhalten',
  found: (percent) => `Gefunden: ${percent} % des Fotos bleiben. Der Pinsel bessert nach.`,
  nothing: 'Hier hebt sich nichts ab. Schneide näher am Objekt zu, oder stelle es von Hand frei.',
  everything: 'Das ganze Foto sieht aus wie das Objekt. Stelle es von Hand frei.',
  title: 'Einmal wird ein Modell gebraucht',
  lead: 'Ein kleines Netz sieht das Foto an und behält, was sich abhebt. Es gehört nicht zur App: Es wird einmal dort geholt, wo es veröffentlicht ist, und in diesem Browser behalten. Es rechnet auf diesem Gerät, und kein Foto verlässt es.',
  close: 'Jetzt nicht',
  source: 'Modell',
  sourceHint:
    'Vorschlag: ormbg, frei unter Apache-2.0 und vor allem für Menschen gemacht; es findet auch andere klare Objekte. Jedes andere Modell für transformers.js, das Hintergründe entfernt, geht ebenso.',
  more: 'Andere Quellen',
  moreHint:
    'Das Modell kann auch die Adresse eines Ordners mit config.json, preprocessor_config.json und onnx/ sein.',
  endpoint: 'Anderer Hub',
  files: 'Seine Dateien auf diesem Gerät',
  filesHint: 'Alle auf einmal. Sie können auch hier abgelegt werden.',
  ownFiles: 'eigene Dateien',
  badSource:
    'Das ist keine Quelle. Schreibe besitzer/name, wie der Hub es nennt, oder eine Adresse, die mit https:// beginnt.',
  check: 'Größe und Lizenz zeigen',
  checking: 'Die Quelle wird gefragt',
  licence: 'Lizenz',
  freeLicence: 'frei zu nutzen, zu ändern und weiterzugeben',
  licenceUnknown: 'keine angegeben',
  licenceNotFree:
    'Diese App kennt das nicht als freie Lizenz. Sie kann manches verbieten: Lies sie dort, wo das Modell veröffentlicht ist.',
  accept: 'Ich habe sie gelesen und darf das Modell verwenden',
  weights: 'Gewichte',
  types: {
    fp32: 'Wie veröffentlicht: am genauesten',
    fp16: '16 Bit: halb so groß',
    q8: '8 Bit: am kleinsten, rauere Kanten',
  },
  install: (size) => `Installieren, ${size}`,
  installing: (title) => `${title} wird installiert`,
  back: 'Andere Quelle',
  section: 'Objekte finden',
  sectionLead: 'Ein Modell, das das Objekt eines Fotos mit einem Klick freistellt.',
  choose: 'Eines installieren',
  remove: (title) => `${title} löschen`,
  removeShort: 'Löschen',
};
