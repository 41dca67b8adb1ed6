// A stylesheet that a part of the viewer brings along; Vite links it when the part is loaded.
declare module '*.css';
