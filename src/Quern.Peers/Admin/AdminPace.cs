namespace Quern.Peers.Admin;

/// <summary>When a peer was heard and asked, and how much it sent. Times are counted from the beginning of the connection.</summary>
/// <param name="Heard">Its last message, or enough bytes of one.</param>
/// <param name="Asked">Our last question whether it lives.</param>
/// <param name="Unknown">Messages of unknown type.</param>
/// <param name="Messages">Of this minute.</param>
/// <param name="Banners">Of this minute.</param>
internal readonly record struct AdminPace(TimeSpan Heard, TimeSpan Asked, int Unknown, AdminPace.Minute Messages, AdminPace.Minute Banners)
{
    /// <summary>How many of something there were since the minute began.</summary>
    internal readonly record struct Minute(TimeSpan Began, int Count)
    {
        private static readonly TimeSpan Length = TimeSpan.FromMinutes(1);

        public Minute OneMore(TimeSpan now) => now - Began >= Length ? new Minute(now, 1) : this with { Count = Count + 1 };
    }
}
