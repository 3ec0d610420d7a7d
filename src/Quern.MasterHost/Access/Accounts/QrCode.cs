using System.Collections;
using System.Text;
using QRCoder;

namespace Quern.MasterHost.Access.Accounts;

/// <summary>Pictures of a text for the camera of an authenticator.</summary>
public static class QrCode
{
    /// <summary>More than any address of a secret has; a code of so many is still read by a camera.</summary>
    public const int MaxText = 512;

    private const int PixelsPerModule = 6;

    /// <summary>A PNG, black on white with the margin that readers want.</summary>
    /// <exception cref="ArgumentException">The text is empty or longer than <see cref="MaxText"/>.</exception>
    public static byte[] Png(string text)
    {
        using var data = DataOf(text);
        using var picture = new PngByteQRCode(data);
        return picture.GetGraphic(PixelsPerModule);
    }

    /// <summary>Lines for a terminal, two rows of squares in each: the light ones are drawn, so that it reads on a dark ground as well as on a light one.</summary>
    /// <exception cref="ArgumentException">The text is empty or longer than <see cref="MaxText"/>.</exception>
    public static IReadOnlyList<string> Lines(string text)
    {
        using var data = DataOf(text);
        var rows = data.ModuleMatrix;
        var lines = new List<string>();
        for (int top = 0; top < rows.Count; top += 2)
        {
            var line = new StringBuilder(rows.Count);
            for (int column = 0; column < rows.Count; column++)
                line.Append((IsLight(rows, top, column), IsLight(rows, top + 1, column)) switch
                {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    _ => ' ',
                });
            lines.Add(line.ToString());
        }
        return lines;
    }

    // Below the last row there is ground, which the margin makes light.
    private static bool IsLight(List<BitArray> rows, int row, int column) => row >= rows.Count || !rows[row][column];

    private static QRCodeData DataOf(string text)
    {
        if (text.Length is 0 or > MaxText) throw new ArgumentException($"A text for a picture has 1 to {MaxText} characters.", nameof(text));
        return QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
    }
}
