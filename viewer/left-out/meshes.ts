// Stands in for vtk.js's readers of meshes: Lightbox shows none.

export function newInstance(): never {
  throw new Error('meshes are not read here');
}

export default { newInstance };
