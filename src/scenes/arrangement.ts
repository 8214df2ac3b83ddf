import { type Random } from '../shared/random.ts';
import { type BackgroundId } from './backgrounds/index.ts';
import { type FigurePart } from './drawing/figure.ts';
import { mirror, vec, type Vec } from './geometry.ts';
import { type Identity } from './identity.ts';
import { type Prop } from './props/types.ts';
import { mirrorPose, proportionsOf, type Pose } from './skeleton.ts';

/** What is drawn, back to front: a part of a figure, or a prop, by index. */
export type Layer =
  | { readonly kind: 'figure'; readonly figure: number; readonly part: FigurePart }
  | { readonly kind: 'prop'; readonly prop: number };

/** Poses, props and their order: a relation put into the picture. */
export interface Arrangement {
  readonly poses: readonly Pose[];
  readonly props: readonly Prop[];
  readonly layers: readonly Layer[];
}

/** What a relation gets to place its figures. */
export interface Cast {
  readonly random: Random;
  readonly identities: readonly Identity[];
  /** Heights of the figures in picture heights. */
  readonly heights: readonly number[];
  /** Where soles touch the ground, in picture heights. */
  readonly ground: number;
}

export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** One way to say a relation; {A} and {B} stand for the objects' noun phrases with article. */
export interface Wording {
  readonly predicate: string;
  readonly text: string;
}

export interface Relation {
  readonly id: string;
  readonly kind: 'single' | 'pair';
  readonly label: string;
  /** The first one is how the benchmark says it. */
  readonly wordings: readonly Wording[];
  /** Words that only a caption naming the relation may contain. */
  readonly words: readonly string[];
  readonly backgrounds: readonly BackgroundId[];
  /** Boxes to start from, one an object, subject first. */
  readonly boxes: readonly Box[];
  readonly place: (cast: Cast) => Arrangement;
}

export const said = (predicate: string, text = `{A} ${predicate} {B}`): Wording => ({ predicate, text });
export const saidAlone = (predicate: string, text = `{A} ${predicate}`): Wording => ({ predicate, text });

/** The drawing order of one figure: its arms behind or in front of the trunk. */
export function figureLayers(
  figure: number,
  far: 'behind' | 'front' = 'behind',
  without: readonly FigurePart[] = [],
): Layer[] {
  const order: FigurePart[] =
    far === 'behind'
      ? ['back', 'farArm', 'farLeg', 'nearLeg', 'body', 'head', 'nearArm']
      : ['back', 'farLeg', 'nearLeg', 'body', 'head', 'farArm', 'nearArm'];
  return order.filter((part) => !without.includes(part)).map((part) => ({ kind: 'figure', figure, part }));
}

export const part = (figure: number, name: FigurePart): Layer => ({ kind: 'figure', figure, part: name });
export const prop = (index: number): Layer => ({ kind: 'prop', prop: index });

export interface Stance {
  readonly x: number;
  readonly facing: 1 | -1;
  readonly turn: number;
  readonly lean?: number;
  /** Distance of the feet from the middle, in character heights. */
  readonly spread?: number;
  /** How much the hips are lowered, in character heights. */
  readonly crouch?: number;
  readonly headTilt?: number;
}

export const ANKLE_HEIGHT = 0.045;

/** Height, proportions and a standing pose of one member of the cast; relations change what differs. */
export function stand(cast: Cast, index: number, stance: Stance): Pose {
  const identity = cast.identities[index];
  const height = cast.heights[index];
  if (identity === undefined || height === undefined)
    throw new RangeError(`Expected a cast of more than ${index} characters.`);
  const p = proportionsOf(identity);
  const { x, facing, turn } = stance;
  const hip = vec(x, cast.ground - (p.hipHeight - (stance.crouch ?? 0)) * height);
  const foot = (stance.spread ?? p.hipHalf * 1.05) * height * facing;
  const ankle = cast.ground - ANKLE_HEIGHT * height;
  const out = (p.torsoWidth + 0.07) * height * (1 - 0.55 * turn) * facing;
  const hand = hip.y - 0.02 * height;
  const front = vec(facing, -0.1);
  const knee = turn > 0.3 ? front : undefined;
  return {
    hip,
    height,
    lean: stance.lean ?? 0,
    facing,
    turn,
    headTilt: stance.headTilt ?? 0,
    look: facing * turn,
    nearArm: { at: vec(x - out, hand), bend: vec(-facing, 0.3) },
    farArm: { at: vec(x + out, hand), bend: vec(facing * (turn > 0.3 ? -1 : 1), 0.3) },
    nearLeg: { at: vec(x - foot, ankle), bend: knee ?? vec(-facing, 0) },
    farLeg: { at: vec(x + foot, ankle), bend: knee ?? vec(facing, 0) },
    eyes: 'open',
    mouth: 'smile',
  };
}

/** Hip to shoulder line, as a height above the ground for a standing figure: where hands can meet. */
export function chestOf(pose: Pose, up = 0.2): Vec {
  return vec(
    pose.hip.x + Math.sin(pose.lean) * up * pose.height,
    pose.hip.y - Math.cos(pose.lean) * up * pose.height,
  );
}

/** The arrangement seen in a mirror: left becomes right. */
export function mirrorArrangement(arrangement: Arrangement): Arrangement {
  return {
    poses: arrangement.poses.map(mirrorPose),
    props: arrangement.props.map((one) => ({
      ...one,
      at: mirror(one.at),
      to: mirror(one.to),
      flip: one.flip === 1 ? -1 : 1,
    })),
    layers: arrangement.layers,
  };
}
