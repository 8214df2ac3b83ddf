import { type libraryEn } from './library-en.ts';
import { type Widen } from './widen.ts';

/** The words of the library, in German. */
export const libraryDe: Widen<typeof libraryEn> = {
  open: 'Bibliothek',
  title: 'Bibliothek',
  close: 'Schließen',
  models: 'Modelle',
  embedded: 'gehört zur App',
  inUse: 'in Gebrauch',
  use: (title) => `${title} verwenden`,
  useShort: 'Verwenden',
  uninstall: (title) => `${title} entfernen`,
  uninstallShort: 'Entfernen',
  unfinished: (done, total) => `Angehalten bei ${done} von ${total}`,
  unfinishedNew: 'Angehalten, bevor etwas gespeichert war',
  resume: (title) => `Weiter mit ${title}`,
  resumeShort: 'Weiter',
  discard: (title) => `${title} verwerfen`,
  discardShort: 'Verwerfen',
  pause: (title) => `${title} anhalten`,
  pauseShort: 'Anhalten',
  damaged: 'Nicht mehr zu gebrauchen',
  progress: (title) => `${title} wird installiert`,
  checking: 'Die Dateien werden angesehen',
  done: (done, total) => `${done} von ${total}`,
  speed: (perSecond) => `${perSecond}/s`,
  storage: (used, quota) => `${used} belegt von ${quota}, die dieser Browser hier erlaubt.`,
  loras: 'RelationLoRAs des offenen Modells',
  noLoras: 'Das offene Modell bringt keine mit. Eigene LoRA-Dateien lassen sich auf die Seite ziehen.',
  install: 'Ein Modell installieren',
  installLead:
    'SDXL mit MS-Diffusion zeichnet echte Fotos. Die offiziellen Dateien werden dort gelesen, wo sie veröffentlicht sind, unterwegs verkleinert und auf diesem Rechner gespeichert. Wer sie veröffentlicht, sieht den Abruf; sonst verlässt nichts diesen Rechner.',
  sources: 'Quellen',
  sourcesLead:
    'Ein Verzeichnis des Hubs (hub:Besitzer/Name, hub:Besitzer/Name@Stand/Ordner) oder die Adresse eines Ordners mit demselben Aufbau. Jedes SDXL-Modell im diffusers-Aufbau kann die Grundlage sein, auch ein früher gemachtes Paket. Ein leeres Teil wird in der Grundlage gesucht.',
  folder: 'Ein Ordner auf diesem Rechner',
  fields: {
    title: 'Name',
    base: 'Grundmodell',
    vae: 'VAE',
    image_encoder: 'Bildencoder',
    local_encoder: 'Encoder für lokale Tokens',
    ms_adapter: 'MS-Diffusion-Adapter',
    endpoint: 'Hub',
    token: 'Zugangstoken',
  },
  tokenHint:
    'Nur für Modelle, die eine Zustimmung verlangen. Er bleibt, bis die Seite geschlossen wird, und geht allein an den Hub.',
  badSource: (field) =>
    `„${field}“ ist keine Quelle. Bitte hub:Besitzer/Name oder eine Adresse angeben, die mit https:// beginnt.`,
  official: 'Zurück zu den offiziellen Quellen',
  check: 'Größe und Lizenz zeigen',
  checkingSources: 'Die Quellen werden gefragt',
  precision: 'Genauigkeit',
  precisions: {
    q4: '4 Bit: am kleinsten, etwas ungenauer',
    q8: '8 Bit: fast genau',
    fp16: '16 Bit: wie veröffentlicht',
    fp32: '32 Bit',
  },
  cost: (download, stored, device) =>
    `${download} abzurufen, ${stored} zu speichern, ${device} Gewichte zugleich auf dem Gerät`,
  noRoom: (lacking) => `Zu groß: ${lacking} Platz fehlen. Bitte zuerst etwas entfernen.`,
  licence: 'Lizenz',
  licenceLead:
    'SDXL: CreativeML Open RAIL++-M. Dessen fp16-VAE: MIT. Bildencoder und MS-Diffusion: Apache-2.0. Andere Quellen haben ihre eigenen.',
  licenceLink: 'Die Lizenz von SDXL lesen',
  restrictions:
    'SDXL darf nicht dazu dienen, Gesetze zu brechen, Minderjährigen zu schaden oder sie auszubeuten, falsche Angaben zum Schaden anderer zu verbreiten, zu verleumden, zu belästigen oder zu diskriminieren, mit persönlichen Daten zu schaden, allein durch Maschinen über Rechte von Menschen zu entscheiden, medizinisch zu beraten oder Strafverfolgung durch Profilbildung zu betreiben.',
  accept: 'Ich habe das gelesen und halte mich daran',
  start: (title) => `${title} installieren`,
};
