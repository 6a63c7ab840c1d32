// Pictures of projects, as this browser last saw them: small, and never needed.

const key = (project: string) => `opentwin.preview.${project}`;

export function preview(project: string): string | undefined {
  const text = localStorage.getItem(key(project));
  return text?.startsWith('data:image/') ? text : undefined;
}

export function keepPreview(project: string, picture: string): void {
  try {
    localStorage.setItem(key(project), picture);
  } catch {
    // The storage is full: a project without a picture is no harm.
  }
}
