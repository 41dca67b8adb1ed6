// Stands in for vtk.js's XMLPolyDataReader (see vite.config.ts): Lightbox shows no meshes from VTK files.

export function newInstance(): never {
  throw new Error('meshes in VTK XML files are not read here');
}

export default { newInstance };
