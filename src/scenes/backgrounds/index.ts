import { type DrawBackground } from './outdoors.ts';
import * as indoors from './indoors.ts';
import * as outdoors from './outdoors.ts';

export interface Background {
  readonly id: string;
  readonly label: string;
  /** Wordings that go after a noun phrase: "in front of a mountain". */
  readonly places: readonly string[];
  readonly draw: DrawBackground;
}

/** The places of the benchmark's prompts, and a plain studio. */
export const BACKGROUNDS = [
  {
    id: 'studio',
    label: 'Plain studio',
    places: ['in a plain studio', 'against a plain background', 'in front of a plain wall'],
    draw: indoors.studio,
  },
  {
    id: 'mountain',
    label: 'Mountain',
    places: [
      'in front of the mountain',
      'in front of a snowy mountain',
      'with mountains behind',
      'in the mountains',
    ],
    draw: outdoors.mountain,
  },
  {
    id: 'beach',
    label: 'Beach',
    places: ['on a sandy beach', 'at the beach', 'by the sea', 'with the ocean behind'],
    draw: outdoors.beach,
  },
  {
    id: 'park',
    label: 'Park',
    places: ['in a quiet park', 'in the park', 'in a park under the trees'],
    draw: outdoors.park,
  },
  {
    id: 'forest',
    label: 'Forest',
    places: ['in a dense forest', 'in the woods', 'among tall trees'],
    draw: outdoors.forest,
  },
  {
    id: 'snow',
    label: 'Snow',
    places: ['in the snow', 'on a snowy slope in the Alps', 'in a winter landscape'],
    draw: outdoors.snow,
  },
  {
    id: 'city',
    label: 'City square',
    places: ['in a city square', 'on a city street', 'in the city'],
    draw: outdoors.city,
  },
  {
    id: 'countryside',
    label: 'Countryside at sunset',
    places: ['in the countryside at sunset', 'on a country road during sunset', 'in golden fields'],
    draw: outdoors.countryside,
  },
  {
    id: 'garden',
    label: 'Garden',
    places: ['in a garden', 'in a flower garden', 'in front of a hedge with flowers'],
    draw: outdoors.garden,
  },
  {
    id: 'hilltop',
    label: 'Hilltop',
    places: ['on a hilltop', 'on top of a green hill', 'on a grassy hill'],
    draw: outdoors.hilltop,
  },
  {
    id: 'river',
    label: 'River',
    places: ['in a rushing river', 'at the river', 'with a river and green hills'],
    draw: outdoors.river,
  },
  {
    id: 'living-room',
    label: 'Living room',
    places: ['in the living room', 'by the fireplace', 'in a cosy room'],
    draw: indoors.livingRoom,
  },
  {
    id: 'kitchen',
    label: 'Kitchen',
    places: ['in a kitchen', 'in the kitchen', 'in an open-air kitchen'],
    draw: indoors.kitchen,
  },
  {
    id: 'gym',
    label: 'Gym',
    places: ['in a modern gym', 'in the gym', 'in a fitness studio'],
    draw: indoors.gym,
  },
  {
    id: 'stage',
    label: 'Stage',
    places: ['on stage', 'on a stage with colourful lights', 'in the spotlight'],
    draw: indoors.stage,
  },
  {
    id: 'rooftop',
    label: 'Rooftop at night',
    places: [
      'on a rooftop at night',
      'in the moonlight on a rooftop terrace',
      'under the moon above the city',
    ],
    draw: indoors.rooftop,
  },
  {
    id: 'ballroom',
    label: 'Ballroom',
    places: ['in a vintage ballroom', 'in a grand hall', 'under a glowing chandelier'],
    draw: indoors.ballroom,
  },
  {
    id: 'restaurant',
    label: 'Restaurant',
    places: ['in a bustling restaurant', 'in a restaurant', 'in a warm restaurant with lamps'],
    draw: indoors.restaurant,
  },
  {
    id: 'arena',
    label: 'Arena',
    places: ['in an elegant arena', 'in an arena with spectators', 'in front of an audience'],
    draw: indoors.arena,
  },
  {
    id: 'ring',
    label: 'Championship ring',
    places: ['in a championship ring', 'in the ring', 'in a ring with red and blue ropes'],
    draw: indoors.ring,
  },
  {
    id: 'court',
    label: 'Street court',
    places: ['on a street court', 'on a court in the open air', 'in front of a fence on a court'],
    draw: outdoors.court,
  },
] as const satisfies readonly Background[];

export type BackgroundId = (typeof BACKGROUNDS)[number]['id'];

const BY_ID: ReadonlyMap<string, Background> = new Map(
  BACKGROUNDS.map((background) => [background.id, background]),
);

/** The background with that id; throws a RangeError for an unknown one. */
export function backgroundOf(id: string): Background {
  const background = BY_ID.get(id);
  if (background === undefined)
    throw new RangeError(`Expected one of ${BACKGROUNDS.map((one) => one.id).join(', ')}; got "${id}".`);
  return background;
}
