import * as nature from './nature.ts';
import * as rooms from './rooms.ts';
import { type DrawBackground } from './sky.ts';
import * as town from './town.ts';
import * as venues from './venues.ts';

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
    draw: rooms.studio,
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
    draw: nature.mountain,
  },
  {
    id: 'beach',
    label: 'Beach',
    places: ['on a sandy beach', 'at the beach', 'by the sea', 'with the ocean behind'],
    draw: nature.beach,
  },
  {
    id: 'park',
    label: 'Park',
    places: ['in a quiet park', 'in the park', 'in a park under the trees'],
    draw: town.park,
  },
  {
    id: 'forest',
    label: 'Forest',
    places: ['in a dense forest', 'in the woods', 'among tall trees'],
    draw: nature.forest,
  },
  {
    id: 'snow',
    label: 'Snow',
    places: ['in the snow', 'on a snowy slope in the Alps', 'in a winter landscape'],
    draw: nature.snow,
  },
  {
    id: 'city',
    label: 'City square',
    places: ['in a city square', 'on a city street', 'in the city'],
    draw: town.city,
  },
  {
    id: 'countryside',
    label: 'Countryside at sunset',
    places: ['in the countryside at sunset', 'on a country road during sunset', 'in golden fields'],
    draw: nature.countryside,
  },
  {
    id: 'garden',
    label: 'Garden',
    places: ['in a garden', 'in a flower garden', 'in front of a hedge with flowers'],
    draw: town.garden,
  },
  {
    id: 'hilltop',
    label: 'Hilltop',
    places: ['on a hilltop', 'on top of a green hill', 'on a grassy hill'],
    draw: nature.hilltop,
  },
  {
    id: 'river',
    label: 'River',
    places: ['in a rushing river', 'at the river', 'with a river and green hills'],
    draw: nature.river,
  },
  {
    id: 'living-room',
    label: 'Living room',
    places: ['in the living room', 'by the fireplace', 'in a cosy room'],
    draw: rooms.livingRoom,
  },
  {
    id: 'kitchen',
    label: 'Kitchen',
    places: ['in a kitchen', 'in the kitchen', 'in an open-air kitchen'],
    draw: rooms.kitchen,
  },
  {
    id: 'gym',
    label: 'Gym',
    places: ['in a modern gym', 'in the gym', 'in a fitness studio'],
    draw: venues.gym,
  },
  {
    id: 'stage',
    label: 'Stage',
    places: ['on stage', 'on a stage with colourful lights', 'in the spotlight'],
    draw: venues.stage,
  },
  {
    id: 'rooftop',
    label: 'Rooftop at night',
    places: [
      'on a rooftop at night',
      'in the moonlight on a rooftop terrace',
      'under the moon above the city',
    ],
    draw: town.rooftop,
  },
  {
    id: 'ballroom',
    label: 'Ballroom',
    places: ['in a vintage ballroom', 'in a grand hall', 'under a glowing chandelier'],
    draw: rooms.ballroom,
  },
  {
    id: 'restaurant',
    label: 'Restaurant',
    places: ['in a bustling restaurant', 'in a restaurant', 'in a warm restaurant with lamps'],
    draw: rooms.restaurant,
  },
  {
    id: 'arena',
    label: 'Arena',
    places: ['in an elegant arena', 'in an arena with spectators', 'in front of an audience'],
    draw: venues.arena,
  },
  {
    id: 'ring',
    label: 'Championship ring',
    places: ['in a championship ring', 'in the ring', 'in a ring with red and blue ropes'],
    draw: venues.ring,
  },
  {
    id: 'court',
    label: 'Street court',
    places: ['on a street court', 'on a court in the open air', 'in front of a fence on a court'],
    draw: town.court,
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
